"""What people see of Wattbook: screens, and forms on paper.

Belongs here: Dash pages, the form writers, words in the languages of the product. Does not belong here: arithmetic on
business numbers (`dbt_project`, SQL), posting or correcting (`operational_db`). Import submodules directly.
"""
