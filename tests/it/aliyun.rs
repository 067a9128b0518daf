//! The Alibaba Cloud wing against golden data and local servers.
