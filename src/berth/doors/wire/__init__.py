"""How bytes come in and go out: a faster road under the HTTP doors, and the plain ASGI road beside it.

Doors call `bodies.pump` and `files.send_file`. Both take the fast road when the server offers it (`protocol`,
a uvicorn protocol class that moves bytes by `sendfile` and `readv` in threads) and plain ASGI messages
otherwise, with the same results and the same exceptions.
"""
