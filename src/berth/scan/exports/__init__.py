"""Results to take away, each in the form of a kind of tool that reads them.

    csv          spreadsheets                  sarif      code scanning
    json         programs of one's own         cyclonedx  inventories, with vulnerabilities when asked
                                               spdx       inventories

Every export gives pieces of bytes, is the same for the same report, and shows findings as the policy in force does.
What an inventory holds, no policy hides. Names and texts come from images and feeds: none can break out of its field.
"""
