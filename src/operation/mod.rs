//! Operations: a valid document normalized; variables and conditions.
