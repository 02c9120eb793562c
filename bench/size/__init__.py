"""Lists, details and changes at 100,000 tags in one image and 1,000,000 digests in all, beside the same at 100."""
