"""Documents of OpenVEX 0.2.0 (https://github.com/openvex/spec): waivers written as one, and taken from one.

statements   what a document says, read and checked whole before anything of it counts
products     what its products are here: digests, images, packages
taking       the waivers that come of it
writing      and the other way round
"""
