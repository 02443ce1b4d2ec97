# Writes web_assets_table.cc: the files of web/dist, compiled in. Run at build
# time with -DDIST=... -DOUTPUT=...
file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
list(SORT files)

set(types
    html "text/html; charset=utf-8" js "text/javascript; charset=utf-8" css "text/css; charset=utf-8"
    svg "image/svg+xml" json "application/json" txt "text/plain; charset=utf-8"
    map "application/json" webmanifest "application/manifest+json" woff2 "font/woff2")

set(arrays "")
set(rows "")
set(count 0)
foreach(file IN LISTS files)
  if(file MATCHES "\\.(br|gz)$")
    continue()
  endif()
  string(REGEX REPLACE ".*\\." "" extension ${file})
  list(FIND types ${extension} at)
  if(at EQUAL -1)
    message(FATAL_ERROR "web/dist/${file}: say in src/app/embed_assets.cmake what type .${extension} is")
  endif()
  math(EXPR at "${at} + 1")
  list(GET types ${at} type)
  set(row "    {\"/${file}\", \"${type}\"")
  foreach(suffix "" ".br" ".gz")
    if(EXISTS ${DIST}/${file}${suffix})
      string(APPEND arrays "constexpr unsigned char kFile${count}[] = {\n#embed \"${DIST}/${file}${suffix}\"\n};\n")
      string(APPEND row ", Text(kFile${count})")
      math(EXPR count "${count} + 1")
    else()
      string(APPEND row ", {}")
    endif()
  endforeach()
  string(APPEND rows "${row}},\n")
endforeach()

file(WRITE ${OUTPUT}
"// Made from web/dist; do not edit.
#include \"app/embedded_assets.h\"

namespace tritontube::app {
namespace {

${arrays}
template <std::size_t size>
std::string_view Text(const unsigned char (&bytes)[size]) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::vector<http_api::WebAsset> EmbeddedFiles() {
  return {
${rows}  };
}

}  // namespace tritontube::app
")
