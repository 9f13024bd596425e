dist_man_MANS += \
	man/heapline.1 \
	man/heapline.7 \
	man/heapline-diff.1 \
	man/heapline-info.1 \
	man/heapline-ps.1 \
	man/heapline-recover.1 \
	man/heapline-run.1 \
	man/heapline-snapshot.1 \
	man/heapline-snapshot.5 \
	man/heapline-top.1
