#include "support/xml_reader.h"

#include <utility>

namespace tritontube::support {

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
         c == '_' || c == '-' || c == '.';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<XmlElement> Document() {
    if (Take("<?xml")) {
      const std::size_t end = text_.find("?>");
      if (end == std::string_view::npos) return Bad("declaration");
      text_.remove_prefix(end + 2);
    }
    SkipBlanks();
    TT_ASSIGN_OR_RETURN(XmlElement root, Element());
    SkipBlanks();
    if (!text_.empty()) return Bad("text behind the root element");
    return root;
  }

 private:
  std::unexpected<Error> Bad(std::string_view what) const {
    return Fail(ErrorCode::kInvalidArgument, "XML: bad {} before '{}'", what, text_.substr(0, 30));
  }

  bool Take(std::string_view token) {
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  void SkipBlanks() {
    while (!text_.empty() && IsBlank(text_.front())) text_.remove_prefix(1);
  }

  std::string Name() {
    std::size_t size = 0;
    while (size < text_.size() && IsNameCharacter(text_[size])) ++size;
    std::string name(text_.substr(0, size));
    text_.remove_prefix(size);
    return name;
  }

  // Character data up to `end`, which is not taken.
  Result<std::string> Data(char end) {
    constexpr std::pair<std::string_view, char> kEntities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    std::string data;
    while (!text_.empty() && text_.front() != end) {
      const char c = text_.front();
      if (c == '<' || (static_cast<unsigned char>(c) < 0x20 && !IsBlank(c)))
        return Bad("character");
      if (c != '&') {
        data += c;
        text_.remove_prefix(1);
        continue;
      }
      bool known = false;
      for (const auto& [entity, meaning] : kEntities) {
        if (!Take(entity)) continue;
        data += meaning;
        known = true;
        break;
      }
      if (!known) return Bad("entity");
    }
    return data;
  }

  Result<void> Attributes(XmlElement& element) {
    while (true) {
      const bool separated = !text_.empty() && IsBlank(text_.front());
      SkipBlanks();
      if (text_.starts_with(">") || text_.starts_with("/>")) return {};
      std::string name = Name();
      if (!separated || name.empty() || !Take("=\"")) return Bad("attribute");
      TT_ASSIGN_OR_RETURN(std::string value, Data('"'));
      if (!Take("\"")) return Bad("attribute");
      if (!element.attributes.emplace(std::move(name), std::move(value)).second) {
        return Bad("attribute given twice");
      }
    }
  }

  Result<XmlElement> Element() {
    XmlElement element;
    if (!Take("<")) return Bad("element");
    element.name = Name();
    if (element.name.empty()) return Bad("element name");
    TT_RETURN_IF_ERROR(Attributes(element));
    if (Take("/>")) return element;
    if (!Take(">")) return Bad("tag");
    while (!Take("</")) {
      TT_RETURN_IF_ERROR(Content(element));
    }
    if (Name() != element.name || !Take(">")) return Bad("end tag");
    return element;
  }

  Result<void> Content(XmlElement& element) {
    if (text_.empty()) return Bad("end of the document");
    if (Take("<!--")) {
      const std::size_t end = text_.find("-->");
      if (end == std::string_view::npos) return Bad("comment");
      text_.remove_prefix(end + 3);
      return {};
    }
    if (text_.front() == '<') {
      TT_ASSIGN_OR_RETURN(XmlElement child, Element());
      element.children.push_back(std::move(child));
      return {};
    }
    TT_ASSIGN_OR_RETURN(const std::string data, Data('<'));
    element.text += data;
    return {};
  }

  std::string_view text_;
};

}  // namespace

std::string XmlElement::Attribute(const std::string& attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? "" : found->second;
}

std::vector<const XmlElement*> XmlElement::Children(std::string_view child) const {
  std::vector<const XmlElement*> found;
  for (const XmlElement& element : children) {
    if (element.name == child) found.push_back(&element);
  }
  return found;
}

Result<XmlElement> ReadXml(std::string_view text) { return Reader(text).Document(); }

}  // namespace tritontube::support
