#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tritontube::support {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::vector<XmlElement> children;
  std::string text;  // All character data directly inside, joined.

  // Empty when there is none.
  std::string Attribute(const std::string& attribute) const;
  std::vector<const XmlElement*> Children(std::string_view child) const;
};

// A small well-formedness-checking reader of the XML that manifests are made
// of: elements, attributes, text, the five named entities and comments. No
// document types, no processing instructions after the declaration.
Result<XmlElement> ReadXml(std::string_view text);

}  // namespace tritontube::support
