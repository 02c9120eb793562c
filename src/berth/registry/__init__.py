"""The acts on registries, repositories, images, digests, tags and blobs."""
