"""Layers of an image, read as a stream: nothing of them is unpacked to disk, and no name in them is opened.

bytes ──unpacking──> tar ──archive──> entries ──looking──> LayerContents, which is kept with the layer's digest
"""
