#pragma once

#include <string_view>

namespace tritontube::http_api {

// openapi.json: what this interface is, in OpenAPI 3.1. Its test compares it
// with the router, and every answer of the other tests with it.
std::string_view OpenApiDocument();

}  // namespace tritontube::http_api
