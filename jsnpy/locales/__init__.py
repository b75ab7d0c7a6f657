"""Dates, times and numbers as a language writes them, with the data of Babel (extra `locale`) and Node's habits.

tags      which of Babel's locales a script means
dates     toLocaleString, toLocaleDateString and toLocaleTimeString of a Date
numbers   toLocaleString of numbers
"""
