//! peaka
