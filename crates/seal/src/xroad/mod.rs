//! X-Road signatures and containers.
