#include "endpoints/http_api/openapi_contract.h"

#include <fmt/format.h>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "base/ascii.h"
#include "transport/http/method.h"

namespace tritontube::http_api {

using nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

namespace {

std::string Upper(std::string_view text) {
  std::string upper;
  for (const char c : text) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return upper;
}

std::string WithoutParameters(std::string_view content_type) {
  return std::string(content_type.substr(0, content_type.find(';')));
}

}  // namespace

std::string OperationOf(const http::Route& route) {
  return fmt::format("{} {}", ToString(route.method), route.pattern);
}

OpenApiContract::OpenApiContract(std::string_view document) : document_(json::parse(document)) {}

std::set<std::string> OpenApiContract::operations() const {
  std::set<std::string> operations;
  for (const auto& [path, methods] : document_["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      if (method != "parameters") operations.insert(Upper(method) + " " + path);
    }
  }
  return operations;
}

json OpenApiContract::Resolved(json part) const {
  if (!part.contains("$ref")) return part;
  return document_.at(json::json_pointer(part["$ref"].get<std::string>().substr(1)));
}

std::string OpenApiContract::BreachOf(const http::Route& route,
                                      const http::Response& response) const {
  const json& responses =
      document_["paths"][route.pattern][AsciiLower(ToString(route.method))]["responses"];
  const std::string status = std::to_string(response.status);
  if (!responses.contains(status) && response.status < 400) return status + " is not described";
  const json described =
      Resolved(responses.contains(status) ? responses[status] : responses["default"]);
  const auto type = response.headers.Get("Content-Type");
  if (!described.contains("content") || described["content"].contains("*/*")) return {};
  if (!type) return "it has no Content-Type";
  const std::string essence = WithoutParameters(*type);
  if (!described["content"].contains(essence)) return essence + " is not described";
  const json& content = described["content"][essence];
  if (!content.contains("schema")) return {};
  const std::string text = std::get<blob::Bytes>(response.body).Flatten();
  return BreachOfSchema(content["schema"], json::parse(text, nullptr, false));
}

std::string OpenApiContract::BreachOf(const std::string& schema, const json& value) const {
  return BreachOfSchema({{"$ref", "#/components/schemas/" + schema}}, value);
}

std::string OpenApiContract::BreachOfSchema(json schema, const json& value) const {
  // References are looked up in the schema's own document.
  schema["components"] = document_["components"];
  valijson::Schema parsed;
  valijson::SchemaParser().populateSchema(Adapter(schema), parsed);
  valijson::ValidationResults results;
  if (valijson::Validator().validate(parsed, Adapter(value), &results)) return {};
  std::string breach;
  for (const auto& error : results) {
    for (const std::string& step : error.context) breach += step;
    breach += ": " + error.description + "\n";
  }
  return breach;
}

}  // namespace tritontube::http_api
