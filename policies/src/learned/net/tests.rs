//! What is held of networks.
