"""Access tokens in place of passwords (OAuth 2.0): how they are got, kept between runs and renewed.

settings     a config's `oauth2` block, checked
providers    what "microsoft" and "google" stand for
urls         which endpoints are allowed
failure      TokenError
"""
