"""Every refusal the rooms can raise, with the facts it carries and nothing about HTTP.

Refusal
├── Invalid            what was sent cannot be right
│   ├── FieldInvalid · NameInvalid · TagInvalid · DigestInvalid
│   ├── ManifestInvalid · ManifestTooLarge · PartsMissing
│   └── DigestMismatch · SizeMismatch · BlobTooLarge · ChunkOutOfOrder · UploadBusy
├── Unknown            there is no such thing, or the caller may not know of it
│   ├── RegistryUnknown · EndpointOff · RepositoryUnknown · ImageUnknown
│   ├── ManifestUnknown · BlobUnknown · UploadUnknown
│   ├── UserUnknown · KeyUnknown · GrantUnknown
│   └── TrashUnknown · RunUnknown · WaiverUnknown · OperationUnknown
├── Conflict           the state of things stands in the way
│   ├── AlreadyExists · NotEmpty · LastAdministrator · Stale
│   ├── ManifestReferenced · ReferrerHeld · BlobHeld
│   ├── ImageDeleting · ImageInactive · ImageBusy · ManifestDeleting · ManifestInactive · PlaceDeleting
│   ├── RunGoesOn · RunNotWaiting · NotScannable · NotScanned · NoAdvisories · WaiverEnded
│   └── Locked · TagImmutable · TagInUse · Unrestorable · PullRestricted
└── Access             who asks is the reason
    └── Unauthenticated · TokenTooNarrow · Denied · TooManyAttempts
"""

from berth.words.errors.access import Denied, TokenTooNarrow, TooManyAttempts, Unauthenticated
from berth.words.errors.conflict import (
    AlreadyExists,
    BlobHeld,
    ImageBusy,
    ImageDeleting,
    ImageInactive,
    LastAdministrator,
    Locked,
    ManifestDeleting,
    ManifestInactive,
    ManifestReferenced,
    NoAdvisories,
    NotEmpty,
    NotScannable,
    NotScanned,
    PlaceDeleting,
    PullRestricted,
    ReferrerHeld,
    RunGoesOn,
    RunNotWaiting,
    Stale,
    TagImmutable,
    TagInUse,
    Unrestorable,
    WaiverEnded,
)
from berth.words.errors.invalid import (
    BlobTooLarge,
    ChunkOutOfOrder,
    DigestInvalid,
    DigestMismatch,
    FieldInvalid,
    ManifestInvalid,
    ManifestTooLarge,
    NameInvalid,
    PartsMissing,
    SizeMismatch,
    TagInvalid,
    UploadBusy,
)
from berth.words.errors.kinds import Access, Conflict, Invalid, Refusal, Unknown
from berth.words.errors.unknown import (
    BlobUnknown,
    EndpointOff,
    GrantUnknown,
    ImageUnknown,
    KeyUnknown,
    ManifestUnknown,
    OperationUnknown,
    RegistryUnknown,
    RepositoryUnknown,
    RunUnknown,
    TrashUnknown,
    UploadUnknown,
    UserUnknown,
    WaiverUnknown,
)

__all__ = [
    "Access",
    "AlreadyExists",
    "BlobHeld",
    "BlobTooLarge",
    "BlobUnknown",
    "ChunkOutOfOrder",
    "Conflict",
    "Denied",
    "DigestInvalid",
    "DigestMismatch",
    "EndpointOff",
    "FieldInvalid",
    "GrantUnknown",
    "ImageBusy",
    "ImageDeleting",
    "ImageInactive",
    "ImageUnknown",
    "Invalid",
    "KeyUnknown",
    "LastAdministrator",
    "Locked",
    "ManifestDeleting",
    "ManifestInactive",
    "ManifestInvalid",
    "ManifestReferenced",
    "ManifestTooLarge",
    "ManifestUnknown",
    "NameInvalid",
    "NoAdvisories",
    "NotEmpty",
    "NotScannable",
    "NotScanned",
    "OperationUnknown",
    "PartsMissing",
    "PlaceDeleting",
    "PullRestricted",
    "ReferrerHeld",
    "Refusal",
    "RegistryUnknown",
    "RepositoryUnknown",
    "RunGoesOn",
    "RunNotWaiting",
    "RunUnknown",
    "SizeMismatch",
    "Stale",
    "TagImmutable",
    "TagInUse",
    "TagInvalid",
    "TokenTooNarrow",
    "TooManyAttempts",
    "TrashUnknown",
    "Unauthenticated",
    "Unknown",
    "Unrestorable",
    "UploadBusy",
    "UploadUnknown",
    "UserUnknown",
    "WaiverEnded",
    "WaiverUnknown",
]
