//! Buyers for spot markets and clouds, rule by rule on worlds small enough to follow by hand.

mod caps;
mod cluster_autoscaler;
mod layers;
mod moving;
mod outlook;
mod pools;
mod quotas;
mod reclaims;
mod rig;
mod spot_first;
