//! One file for each command.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod mock;
pub(crate) mod new;
pub(crate) mod plan;
pub(crate) mod proto;
pub(crate) mod sdl;
pub(crate) mod serve;
pub(crate) mod status;
