# Writes OUTPUT, a C++ file that holds kernels/blend.metal and, in their place, our headers that it includes.
set(KERNELS ${CMAKE_CURRENT_LIST_DIR}/kernels)

# Sets `result` to the text of a file of kernels/ with its own includes put in.
function(read_kernels file result)
  file(READ ${KERNELS}/${file} text)
  string(REPLACE "#pragma once\n" "" text "${text}")
  foreach(header blend_params.h blend.h)
    if(text MATCHES "#include \"${header}\"")
      read_kernels(${header} header_text)
      string(REPLACE "#include \"${header}\"\n" "${header_text}" text "${text}")
    endif()
  endforeach()
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

read_kernels(blend.metal text)
file(WRITE ${OUTPUT} "#include \"metal_source.h\"\n
namespace tileblend {
const char METAL_SOURCE[] = R\"METAL(${text})METAL\";
}
")
