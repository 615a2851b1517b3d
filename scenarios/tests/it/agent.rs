//! Agent files: what is written comes back, and what is not as it should be is told.
