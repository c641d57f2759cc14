test_image.o: tests/unit/test_image.c src/image/cache.h src/util/error.h \
 src/util/cleanup.h src/image/image.h src/image/arch.h \
 src/image/registers.h src/util/progress.h tests/unit/test_image_build.h \
 tests/unit/test.h
src/image/cache.h:
src/util/error.h:
src/util/cleanup.h:
src/image/image.h:
src/image/arch.h:
src/image/registers.h:
src/util/progress.h:
tests/unit/test_image_build.h:
tests/unit/test.h:
