//! A bounded cache, weighed by bytes: the only door of moka.
