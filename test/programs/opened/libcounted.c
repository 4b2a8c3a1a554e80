int counted = 5;
