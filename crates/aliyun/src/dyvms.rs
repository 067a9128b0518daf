//! The Voice Messaging Service, Dyvmsapi 2017-05-25: the service instances that calls are made from.
//! Knows no Terraform attribute: parameters come named as the service names them.

use serde_json::Value;

use super::client::{Class, Client, Operation, Parameters, Wait};
use super::error::Error;
use super::http::Method;
use super::pages::{Form, Pages};

/// The product's name in RAM actions, and in [`Config::products`](super::client::Config::products).
pub const PRODUCT: &str = "dyvms";

/// `ListServiceInstanceForPage`: a page under `Model`.
static LIST_SERVICE_INSTANCE_FOR_PAGE: Operation = Operation {
    name: "ListServiceInstanceForPage",
    version: "2017-05-25",
    product: PRODUCT,
    class: Class::Query,
    method: Method::Post,
    in_body: &[],
};

/// Number and size of a page travel as one JSON text.
static RECORDS: Form = Form { pager: Some("Pager"), list: "Records", total: "TotalCount" };

impl Client {
    /// All service instances that match the filters of `ListServiceInstanceForPage`, over all pages.
    ///
    /// # Errors
    /// As [`Pages::each`].
    pub async fn list_service_instance_for_page(
        &self,
        filters: &Parameters,
        wait: &Wait,
    ) -> Result<Vec<Value>, Error> {
        let operation = &LIST_SERVICE_INSTANCE_FOR_PAGE;
        let pages = Pages::new(self, operation, "Code", filters.clone(), wait).formed(&RECORDS);
        let mut all = Vec::new();
        pages.each(|items| all.extend(items)).await?;
        Ok(all)
    }
}
