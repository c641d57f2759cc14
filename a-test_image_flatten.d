test_image_flatten.o: tests/unit/test_image_flatten.c src/image/flatten.h \
 src/util/error.h src/util/cleanup.h src/util/progress.h \
 src/image/image.h src/image/arch.h src/image/registers.h \
 tests/unit/test_image_build.h tests/unit/test.h
src/image/flatten.h:
src/util/error.h:
src/util/cleanup.h:
src/util/progress.h:
src/image/image.h:
src/image/arch.h:
src/image/registers.h:
tests/unit/test_image_build.h:
tests/unit/test.h:
