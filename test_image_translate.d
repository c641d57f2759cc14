test_image_translate.o: tests/unit/test_image_translate.c \
  src/image/image.h src/image/arch.h src/image/registers.h \
  src/util/error.h src/util/cleanup.h src/util/progress.h \
  tests/unit/test_image_build.h tests/unit/test.h

src/image/image.h:

src/image/arch.h:

src/image/registers.h:

src/util/error.h:

src/util/cleanup.h:

src/util/progress.h:

tests/unit/test_image_build.h:

tests/unit/test.h:
