//! aliyun
