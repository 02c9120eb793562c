"""What a policy of pulls would refuse, before it is saved (SPEC 4.2): nothing is written, nothing is changed.

census     all digests of an image, put together by what they are judged by: there are few such groups
packed     findings that are judged, added up as one number
sparable   the findings that waivers and grace may take away, of all of them at once
trying     the verdict on each group under a policy: `verdict.may_pull` itself
naming     which tags that are, page by page, and who pulled them lately
"""
