//! The command as its users meet it: arguments in, text and exit code out.
