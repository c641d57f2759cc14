test_image_formats.o: tests/unit/test_image_formats.c src/image/image.h \
 src/image/arch.h src/image/registers.h src/util/error.h \
 src/util/cleanup.h src/util/progress.h tests/unit/test_image_build.h \
 tests/unit/test.h
src/image/image.h:
src/image/arch.h:
src/image/registers.h:
src/util/error.h:
src/util/cleanup.h:
src/util/progress.h:
tests/unit/test_image_build.h:
tests/unit/test.h:
