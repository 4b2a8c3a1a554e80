#include <stdio.h>

int round_1(int x), round_2(int x), round_3(int x), round_4(int x), round_5(int x);
extern const int far_1, far_5;
extern const int *const pointer_1, *const pointer_5;

int main(void)
{
	printf("%d %d %d %d %d\n", round_1(1), round_2(2), round_3(3), round_4(4), round_5(5));
	printf("%d %d\n", pointer_1 == &far_5, pointer_5 == &far_1);
	return 0;
}
