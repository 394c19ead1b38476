# What `cmake --install` and `./dev package` give: two parts, the program and
# what a program that embeds a node is compiled with.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/troupe")

# All layers as one archive: the same objects, nothing is compiled again.
set(layers core store services outbound wire actors agents mcp gateway runtime)
list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_OBJECTS:troupe_\\1>"
  OUTPUT_VARIABLE layer_objects)
add_library(troupe_library STATIC ${layer_objects})
set_target_properties(troupe_library PROPERTIES
  OUTPUT_NAME troupe EXPORT_NAME troupe LINKER_LANGUAGE CXX
  ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
target_include_directories(troupe_library
  INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(troupe_library INTERFACE cxx_std_20)
# Without it a missing type id of CAF fails at run time.
target_compile_definitions(troupe_library INTERFACE CAF_ENABLE_TYPE_ID_CHECKS)
find_package(SQLite3 REQUIRED)
find_package(LibYAML REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS SSL Crypto)
find_package(Lua 5.4 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(date REQUIRED)
target_link_libraries(troupe_library INTERFACE CAF::core Threads::Threads
  SQLite::SQLite3 LibYAML::LibYAML OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB
  date::date-tz ${LUA_LIBRARIES} ${CMAKE_DL_LIBS})
# What <troupe/client.hpp> declares, alone: for programs that drive a node
# elsewhere. Of the layers below it, the linker takes what it needs.
add_library(troupe_client_library STATIC $<TARGET_OBJECTS:troupe_client>
  $<TARGET_OBJECTS:troupe_wire> $<TARGET_OBJECTS:troupe_core>)
set_target_properties(troupe_client_library PROPERTIES
  OUTPUT_NAME troupe_client EXPORT_NAME client LINKER_LANGUAGE CXX
  ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
target_include_directories(troupe_client_library
  INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(troupe_client_library INTERFACE cxx_std_20)
target_link_libraries(troupe_client_library INTERFACE
  OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
# Of the headers alone: for plug-ins.
add_library(troupe_headers INTERFACE)
set_target_properties(troupe_headers PROPERTIES EXPORT_NAME headers)
target_include_directories(troupe_headers
  INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(troupe_headers INTERFACE cxx_std_20)
# Plug-ins find in the program what the headers declare.
target_link_options(troupe_library INTERFACE
  "$<INSTALL_INTERFACE:LINKER:--dynamic-list=$<INSTALL_PREFIX>/${package_dir}/plugin_symbols.list>")

write_basic_package_version_file("${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion) # Before 1.0 a minor version may break.

install(TARGETS troupe troupe-spawner RUNTIME COMPONENT program)
install(DIRECTORY configs/ DESTINATION "${CMAKE_INSTALL_DATADIR}/troupe/configs"
  COMPONENT program)
install(DIRECTORY examples/workflows examples/agents examples/texts
  DESTINATION "${CMAKE_INSTALL_DATADIR}/troupe/examples"
  COMPONENT program USE_SOURCE_PERMISSIONS)
install(DIRECTORY sdk DESTINATION "${CMAKE_INSTALL_DATADIR}/troupe"
  COMPONENT program PATTERN "__pycache__" EXCLUDE)
install(FILES README.md CHANGELOG.md LICENSE
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program)
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  COMPONENT program FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")

install(DIRECTORY include/troupe DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT library)
install(TARGETS troupe_library troupe_client_library troupe_headers
  EXPORT troupeTargets
  ARCHIVE COMPONENT library)
install(EXPORT troupeTargets NAMESPACE troupe:: DESTINATION "${package_dir}"
  COMPONENT library)
install(FILES cmake/troupeConfig.cmake cmake/FindCAF.cmake
  cmake/FindLibYAML.cmake cmake/plugin_symbols.list
  "${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT library)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "Troupe")
set(CPACK_PACKAGE_CONTACT "Troupe <maintainers@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "durable runtime for agents that work together")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME troupe)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libtroupe-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
  "libcaf-dev (>= 0.17.6), libsqlite3-dev, libyaml-dev, liblua5.4-dev, libssl-dev, zlib1g-dev, libhowardhinnant-date-dev")
include(CPack)
