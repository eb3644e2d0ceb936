//! cimd
