//! Arguments and variables into bytes.

mod refused;
mod scalars;
mod shapes;
mod wellknown;

const BAD: &str = "# BAD_USER_INPUT";
