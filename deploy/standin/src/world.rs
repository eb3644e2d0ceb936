//! The demo world: who belongs where, and which data lies in a project. Fixed; what people create is in `studio`.

pub(crate) mod catalogs;
pub(crate) mod ids;
pub(crate) mod places;
