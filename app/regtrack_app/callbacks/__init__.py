"""What answers the page: a file a part of it, each translating, delegating and returning."""
