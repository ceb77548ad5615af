# The Metal executor. Its kernels travel as text inside the addon, and are compiled where they run.
enable_language(OBJCXX)

set(METAL_SOURCE ${CMAKE_CURRENT_BINARY_DIR}/metal_source.cc)
set(METAL_KERNELS
  native/kernels/blend.metal
  native/kernels/blend.h
  native/kernels/blend_params.h)
add_custom_command(
  OUTPUT ${METAL_SOURCE}
  COMMAND ${CMAKE_COMMAND} -D OUTPUT=${METAL_SOURCE} -P ${CMAKE_CURRENT_SOURCE_DIR}/native/embed_metal.cmake
  DEPENDS ${METAL_KERNELS} native/embed_metal.cmake
  VERBATIM)

target_sources(tileblend PRIVATE
  native/executor_check.cc
  native/gpu_job.cc
  native/metal_device.mm
  native/metal_executor.cc
  native/pages.cc
  ${METAL_SOURCE})
set_source_files_properties(native/metal_device.mm PROPERTIES COMPILE_OPTIONS "-fno-objc-arc")
# CoreGraphics: without it a program that is not an app gets no default device.
target_link_libraries(tileblend PRIVATE "-framework CoreGraphics" "-framework Foundation" "-framework Metal")
