test_image_vmcoreinfo.o: tests/unit/test_image_vmcoreinfo.c \
  src/image/vmcoreinfo.h src/util/error.h src/util/cleanup.h \
  src/util/vec.h tests/unit/test_image_build.h tests/unit/test.h

src/image/vmcoreinfo.h:

src/util/error.h:

src/util/cleanup.h:

src/util/vec.h:

tests/unit/test_image_build.h:

tests/unit/test.h:
