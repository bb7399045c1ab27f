//! Stages
