# libtorch, for the room of learned operators alone: 1.13 from Debian, or another by CMAKE_PREFIX_PATH. Its config file
# looks for half of Caffe2 and says so; the imported target is all that we want of it.
find_package(Torch 1.13 QUIET REQUIRED)
