/* One of several libraries, each with a hole of 600 MiB before its constant; it calls and reads another one far away. */
extern const int OTHER;
int NEXT(int x);

__attribute__((section(".far"))) const int FAR = NUMBER * 100;
const int *const POINTER = &OTHER;

int CALL(int x)
{
	return x + FAR;
}

int ROUND(int x)
{
	return 2 * NEXT(x) + *POINTER;
}
