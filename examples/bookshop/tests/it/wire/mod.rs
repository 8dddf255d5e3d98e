//! What one service may answer, byte by byte, and what becomes of it: an error of a field or its fallback, and everything
//! else intact.

mod service;
mod sharing;
mod shelf;
mod trouble;
