"""The management API, `/api/v1`: JSON in and out, problem documents for whatever is refused."""
