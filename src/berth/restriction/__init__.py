"""Pull restriction (SPEC 4.2): what may be pulled, and why something may not.

    facts of a digest, rules of its image, what is spared  ──>  verdict.may_pull  ──>  a verdict with its reasons

The verdict is one pure function. The OCI door, explanations, lists and the preview before saving all ask it, so they
never disagree. Everything else here gathers what it judges by, or says what it found.
"""
