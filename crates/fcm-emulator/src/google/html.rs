//! Pages of the front end that stands before Google's APIs: what comes when no API answers. Never JSON.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// A page for `status`, as a client sees it that expects JSON.
pub(crate) fn html_page(status: StatusCode, retry_after: Option<HeaderValue>) -> Response {
    let advice = if status.is_server_error() {
        "The server encountered a temporary error and could not complete your request. \
         Please try again in 30 seconds."
    } else {
        "The requested URL was not found on this server."
    };
    let code = status.as_u16();
    let page = format!(
        "<!DOCTYPE html>\n<html lang=en>\n<title>Error {code}</title>\n\
         <p><b>{code}.</b> That is an error.\n<p>{advice}\n"
    );
    let mut response = (status, Html(page)).into_response();
    if let Some(text) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, text);
    }
    response
}
