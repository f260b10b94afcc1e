//! Accounts, credentials and the OpenID provider.
