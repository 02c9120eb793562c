"""Where things stand at this door.

An image's name may contain slashes, but no part of it is `-`: what stands behind `/-/` is never part of a name.
"""

REGISTRY = "/registries/{registry_name}"
REPOSITORIES = REGISTRY + "/repositories"
REPOSITORY = REPOSITORIES + "/{repository_name}"
IMAGES = REPOSITORY + "/images"
IMAGE = IMAGES + "/{image_name:path}"
DIGESTS = IMAGE + "/-/digests"
DIGEST = DIGESTS + "/{digest}"
TAGS = IMAGE + "/-/tags"
TAG = TAGS + "/{tag}"
TRASH = REPOSITORY + "/trash"
