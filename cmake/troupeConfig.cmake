# find_package(troupe): the target troupe::troupe, for programs that embed a
# node; troupe::client, for those that drive one elsewhere; troupe::headers, for
# plug-ins.
include(CMakeFindDependencyMacro)
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
find_dependency(CAF 0.17.6 COMPONENTS core)
find_dependency(Threads)
find_dependency(SQLite3)
find_dependency(LibYAML)
find_dependency(OpenSSL COMPONENTS SSL Crypto)
find_dependency(ZLIB)
find_dependency(date)
list(POP_FRONT CMAKE_MODULE_PATH)
include("${CMAKE_CURRENT_LIST_DIR}/troupeTargets.cmake")
