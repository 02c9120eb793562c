"""People: accounts and their passwords, access keys, grants, and the tokens that speak for them."""
